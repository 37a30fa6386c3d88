//! Edge at an office: keeps the binding table by watching.
