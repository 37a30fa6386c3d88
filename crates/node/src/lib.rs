//! Session node: public gRPC services over the cluster, PIN checks, configuration.
