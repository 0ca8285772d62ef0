//! A server of as little HTTP/1.1 as the client of the traffic uses: requests with a JSON body, one after the other.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What answers a request: its path and its body; with a status such as `200 OK`, and a body.
pub(crate) trait Answering: Send + Sync + 'static {
    fn answer(&self, path: &str, body: Value) -> impl Future<Output = (String, String)> + Send;
}

/// Serves until the test ends, and says where.
pub(crate) async fn serve(answering: Arc<impl Answering>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve_one(connection, Arc::clone(&answering)));
        }
    });
    address
}

async fn serve_one(connection: TcpStream, answering: Arc<impl Answering>) {
    let mut connection = BufReader::new(connection);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if connection.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let path = line.split(' ').nth(1).unwrap().to_owned();
        loop {
            line.clear();
            connection.read_line(&mut line).await.unwrap();
            match line.trim().split_once(": ") {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
                Some(_) => (),
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body).await.unwrap();
        let (status, answer) = answering.answer(&path, serde_json::from_slice(&body).unwrap()).await;
        let response = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
        connection.write_all(response.as_bytes()).await.unwrap();
    }
}
