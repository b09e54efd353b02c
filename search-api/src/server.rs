//! The accept loop: bounds connections and the time for headers, and ends by finishing what is in flight.

use crate::config::Config;
use crate::http::Problem;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::{Service, ServiceExt};

/// Most bytes of a request's line and headers.
const HEADER_LIMIT: usize = 32 * 1024;
/// Connections beyond the limit that are told so; those beyond them are closed without a word.
const TURNED_AWAY: usize = 64;
/// Time in which a connection that is turned away must have asked.
const TURNED_AWAY_TIMEOUT: Duration = Duration::from_secs(1);
/// Time that the last bytes of the last answers get to leave, once no request is in flight.
const FLUSH: Duration = Duration::from_millis(250);

/// How much one listener takes on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once.
    pub connections: usize,
    /// Time for a request's headers, and for which an idle connection is kept.
    pub headers: Duration,
    /// Time that a shutdown waits for requests in flight.
    pub shutdown: Duration,
}

impl From<&Config> for Bounds {
    fn from(config: &Config) -> Self {
        Self { connections: config.max_connections, headers: config.header_timeout, shutdown: config.shutdown_timeout }
    }
}

/// Serves until `shutdown` completes, then takes no new connection, finishes the requests in flight, and returns: soon when none
/// is left (a connection that has not sent its headers holds nothing up), at the latest after `bounds.shutdown`.
pub async fn run<S>(listener: TcpListener, service: S, bounds: Bounds, shutdown: impl Future<Output = ()>)
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let in_flight = InFlight::default();
    let places = Arc::new(Semaphore::new(bounds.connections));
    let refusals = Arc::new(Semaphore::new(TURNED_AWAY));
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: connections that end will free some.
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let (service, in_flight) = (service.clone(), in_flight.clone());
            let service = tower::service_fn(move |request: hyper::Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                in_flight.follow(service.clone().oneshot(request))
            });
            let connection = connection(bounds.headers).serve_connection(io(stream), TowerToHyperService::new(service));
            let connection = graceful.watch(connection);
            connections.spawn(async move {
                // A connection that broke off is the client's affair.
                let _ = connection.await;
                drop(place);
            });
        } else if let Ok(place) = Arc::clone(&refusals).try_acquire_owned() {
            let service = TowerToHyperService::new(tower::service_fn(turn_away));
            let connection = connection(TURNED_AWAY_TIMEOUT).serve_connection(io(stream), service);
            connections.spawn(async move {
                let _ = connection.await;
                drop(place);
            });
        }
    }
    drop(listener);
    let drained = async {
        in_flight.none().await;
        tokio::time::sleep(FLUSH).await;
    };
    tokio::select! {
        () = graceful.shutdown() => {}
        () = drained => {}
        () = tokio::time::sleep(bounds.shutdown) => tracing::warn!("requests in flight were cut off at the shutdown deadline"),
    }
    connections.shutdown().await;
}

fn connection(headers: Duration) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(headers).max_buf_size(HEADER_LIMIT);
    builder
}

fn io(stream: TcpStream) -> TokioIo<TcpStream> {
    // Without it small answers may wait for an acknowledgement; the answer is right either way.
    let _ = stream.set_nodelay(true);
    TokioIo::new(stream)
}

/// Answers on a connection beyond the limit, and closes it.
async fn turn_away(_: hyper::Request<Incoming>) -> Result<Response, Infallible> {
    let mut response = Problem::Overloaded.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(response)
}

/// Counts requests from their headers to the last byte of their answer.
#[derive(Clone)]
struct InFlight(Arc<watch::Sender<usize>>);

/// One request of the count.
struct Counted(Arc<watch::Sender<usize>>);

/// A body whose request counts until it is dropped. Its length stays known, so that it is not sent in chunks.
struct CountedBody {
    body: Body,
    _counted: Counted,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl InFlight {
    fn follow<E, F>(&self, answer: F) -> impl Future<Output = Result<Response, E>> + use<E, F>
    where
        F: Future<Output = Result<Response, E>>,
    {
        self.0.send_modify(|count| *count += 1);
        let counted = Counted(Arc::clone(&self.0));
        async move {
            let response = answer.await?;
            Ok(response.map(|body| Body::new(CountedBody { body, _counted: counted })))
        }
    }

    async fn none(&self) {
        // The sender lives as long as this value.
        let _ = self.0.subscribe().wait_for(|&count| count == 0).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::{Notify, oneshot};

    const BOUNDS: Bounds =
        Bounds { connections: 4, headers: Duration::from_secs(60), shutdown: Duration::from_secs(60) };

    struct Running {
        address: std::net::SocketAddr,
        stop: oneshot::Sender<()>,
        ended: tokio::task::JoinHandle<()>,
        entered: Arc<Notify>,
        release: Arc<Notify>,
    }

    /// A server whose one handler says that it was entered and answers when it is released.
    async fn start(bounds: Bounds) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (stop, stopped) = oneshot::channel::<()>();
        let (entering, releasing) = (Arc::clone(&entered), Arc::clone(&release));
        let service = tower::service_fn(move |_: Request| {
            let (entered, release) = (Arc::clone(&entering), Arc::clone(&releasing));
            async move {
                entered.notify_one();
                release.notified().await;
                Ok::<_, Infallible>("done".into_response())
            }
        });
        let ended = tokio::spawn(run(listener, service, bounds, async { stopped.await.unwrap_or(()) }));
        Running { address, stop, ended, entered, release }
    }

    async fn send(server: &Running, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const HALF: &[u8] = b"GET / HTTP/1.1\r\nHo";

    #[tokio::test]
    async fn a_shutdown_finishes_what_is_in_flight_although_half_a_request_hangs() {
        let server = start(BOUNDS).await;
        let half = send(&server, HALF).await;
        let whole = send(&server, WHOLE).await;
        server.entered.notified().await;
        server.stop.send(()).unwrap();
        // Only now is the answer made: the server had to wait for it.
        server.release.notify_one();
        let answer = rest(whole).await;
        assert!(answer.contains("content-length: 4\r\n") && answer.ends_with("done"), "{answer}");
        server.ended.await.unwrap();
        assert_eq!(rest(half).await, "");
    }

    #[tokio::test]
    async fn a_shutdown_takes_no_new_connection() {
        let server = start(BOUNDS).await;
        server.stop.send(()).unwrap();
        server.ended.await.unwrap();
        assert!(TcpStream::connect(server.address).await.is_err());
    }

    #[tokio::test]
    async fn a_shutdown_ends_at_its_deadline() {
        let server = start(Bounds { shutdown: Duration::from_millis(50), ..BOUNDS }).await;
        let _never_answered = send(&server, WHOLE).await;
        server.entered.notified().await;
        server.stop.send(()).unwrap();
        server.ended.await.unwrap();
    }

    #[tokio::test]
    async fn half_a_request_is_given_up_after_the_time_for_headers() {
        let server = start(Bounds { headers: Duration::from_millis(50), ..BOUNDS }).await;
        assert_eq!(rest(send(&server, HALF).await).await, "");
    }

    #[tokio::test]
    async fn a_connection_too_many_is_told_to_come_back() {
        let server = start(Bounds { connections: 1, ..BOUNDS }).await;
        let _first = send(&server, WHOLE).await;
        server.entered.notified().await;
        let answer = rest(send(&server, WHOLE).await).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.contains("retry-after: 1\r\n") && answer.contains("application/problem+json"), "{answer}");
    }
}
