//! An HTTP/1.1 server, for what is played here in the place of AWS: the gateway, and the runtime API of a process that is measured.

use std::convert::Infallible;

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Answers whoever connects, until it is dropped; its connections end with it.
pub(crate) async fn serve<F>(listener: TcpListener, answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static)
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that ended before it was accepted.
                let Ok((connection, _)) = accepted else { continue };
                // An answer in two parts would wait for its first to be acknowledged.
                let _ = connection.set_nodelay(true);
                let answer = answer.clone();
                let service = service_fn(move |request| {
                    let answering = answer(request);
                    async move { Ok::<_, Infallible>(answering.await) }
                });
                // An error is a client that has gone.
                connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
            }
            Some(_ended) = connections.join_next() => (),
        }
    }
}
