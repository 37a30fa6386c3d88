mod fixture;
mod forwarding;
mod order;
mod properties;
mod refusals;
