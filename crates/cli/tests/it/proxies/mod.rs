//! Real proxies before real servers: nginx and HAProxy, as Debian has them.
//!
//! `proxy` starts one; `cache` has one keep answers; `restarts` takes servers away behind it; `smuggling` asks whether it
//! and Jeton see the same requests.

mod cache;
mod proxy;
mod restarts;
mod smuggling;

pub(crate) use proxy::Proxy;
