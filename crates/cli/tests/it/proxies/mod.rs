//! Real proxies before real servers: nginx and HAProxy, as Debian has them.
//!
//! `proxy` starts one; `restarts` takes servers away behind it; `smuggling` asks whether it and Jeton see the same requests.

mod proxy;
mod restarts;
mod smuggling;
