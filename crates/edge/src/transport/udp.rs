//! Datagrams: threads that share a socket.
//!
//! A worker empties the socket into its own memory before it handles anything that asks for something new, so
//! that under a flood the messages of established calls are found behind thousands of new requests. What is
//! urgent is handled at once; new requests wait in a bounded queue of the worker, in their order, and those that
//! find it full, or have waited too long, are answered 503.
//!
//! Plain threads and blocking reads, because a datagram then costs two system calls (one in, one out) and no
//! wake-up of a scheduler.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hotdesk_sip::hop::{Hop, ListenerId, Transport};
use rustix::net::{RecvFlags, SendFlags};

use super::counters::{count, count_bytes};
use super::error::SendError;
use super::peek::{Class, classify, is_keepalive};
use super::shared::{Entry, Shared};
use super::stun;

/// How long a worker waits for a datagram before it looks at its timers. With the system's own rounding this
/// keeps the promise of 20 ms that [`Handler::idle`](super::Handler::idle) makes.
const IDLE_EVERY: Duration = Duration::from_millis(14);

/// Datagrams taken from the socket before any of them is handled. A bound, so that a flood of urgent messages
/// cannot fill the memory: what is beyond it stays in the socket's buffer, and then with the sender.
const DRAIN_MAX: usize = 256;

/// New requests handled before the socket is looked at again: more would make urgent messages wait.
const SLICE: usize = 16;

/// The largest datagram, a terminating byte spared.
const DATAGRAM_MAX: usize = 65_535;

/// The largest payload of a datagram over IPv4; the system refuses more.
const PAYLOAD_MAX: usize = 65_507;

/// Makes a socket. Its reads wait [`IDLE_EVERY`] at most.
pub(super) fn bind(address: SocketAddr, receive_buffer: usize) -> std::io::Result<UdpSocket> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // As much as the system grants: a smaller buffer loses bursts, it is no reason not to start.
    if let Err(error) = socket.set_recv_buffer_size(receive_buffer) {
        tracing::warn!(%address, %error, "receive buffer not set");
    }
    let _ = socket.set_send_buffer_size(receive_buffer);
    socket.set_read_timeout(Some(IDLE_EVERY))?;
    socket.bind(&address.into())?;
    let granted = socket.recv_buffer_size().unwrap_or_default();
    if granted < receive_buffer {
        tracing::info!(%address, granted, asked = receive_buffer, "receive buffer smaller than asked for");
    }
    Ok(socket.into())
}

/// Sends a datagram without waiting.
pub(super) fn send(socket: &UdpSocket, to: SocketAddr, bytes: &[u8]) -> Result<(), SendError> {
    use rustix::io::Errno;
    if bytes.len() > PAYLOAD_MAX {
        return Err(SendError::TooLarge);
    }
    match rustix::net::sendto(socket, bytes, SendFlags::DONTWAIT, &to) {
        Ok(_) => Ok(()),
        Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM) => Err(SendError::Busy),
        Err(Errno::MSGSIZE) => Err(SendError::TooLarge),
        Err(error) => Err(SendError::Io(error.kind())),
    }
}

/// Keeps the handler's timers where no datagram is ever read.
pub(super) fn keep_time(shared: &Shared, entry: &Entry) {
    while !shared.stopping.load(Acquire) {
        std::thread::sleep(IDLE_EVERY);
        entry.idle();
    }
}

/// One thread of a listener.
pub(super) struct Worker {
    shared: Arc<Shared>,
    entry: Entry,
    listener: ListenerId,
    socket: Arc<UdpSocket>,
    buffer: Box<[u8]>,
    urgent: Vec<Datagram>,
    waiting: VecDeque<(Class, Datagram)>,
    idled: Instant,
}

struct Datagram {
    bytes: Bytes,
    remote: SocketAddr,
    at: Instant,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        entry: Entry,
        listener: ListenerId,
        socket: Arc<UdpSocket>,
    ) -> Self {
        Self {
            shared,
            entry,
            listener,
            socket,
            buffer: vec![0; DATAGRAM_MAX + 1].into_boxed_slice(),
            urgent: Vec::with_capacity(DRAIN_MAX),
            waiting: VecDeque::new(),
            idled: Instant::now(),
        }
    }

    /// Works until the transports are stopped.
    pub(super) fn run(mut self) {
        while !self.shared.stopping.load(Acquire) {
            let now = self.drain();
            self.handle_urgent();
            self.handle_waiting();
            if now.duration_since(self.idled) >= IDLE_EVERY {
                self.idled = now;
                self.entry.idle();
            }
        }
    }

    /// Takes what the socket holds; waits for a datagram when there is nothing else to do. Returns the time.
    fn drain(&mut self) -> Instant {
        let first = if self.waiting.is_empty() {
            self.socket
                .recv_from(&mut self.buffer)
                .map_err(|error| error.kind())
        } else {
            self.receive_now()
        };
        let now = Instant::now();
        let mut received = first;
        for _ in 0..DRAIN_MAX {
            match received {
                Ok((length, remote)) => self.take(length, remote, now),
                Err(ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => break,
                Err(error) => {
                    // None is known that stays; a pause keeps an unknown one from eating the processor.
                    tracing::warn!(%error, "receive a datagram");
                    std::thread::sleep(IDLE_EVERY);
                    break;
                }
            }
            received = self.receive_now();
        }
        now
    }

    fn receive_now(&mut self) -> Result<(usize, SocketAddr), ErrorKind> {
        let (length, _, from) =
            rustix::net::recvfrom(&*self.socket, &mut self.buffer[..], RecvFlags::DONTWAIT)
                .map_err(|error| error.kind())?;
        let from = from.and_then(|from| SocketAddr::try_from(from).ok());
        from.map(|from| (length, from)).ok_or(ErrorKind::InvalidData)
    }

    /// Sorts a datagram in.
    fn take(&mut self, length: usize, remote: SocketAddr, now: Instant) {
        let counters = self.shared.counters.of(Transport::Udp);
        count_bytes(&counters.received_bytes, length);
        let bytes = &self.buffer[..length];
        if is_keepalive(bytes) || remote.port() == 0 {
            return count(&counters.keepalives);
        }
        if let Some(answer) = stun::answer(bytes, remote) {
            count(&counters.keepalives);
            // A lost answer is a lost datagram: the phone asks again.
            let _ = send(&self.socket, remote, &answer);
            return;
        }
        let class = classify(bytes, &self.shared.limits.emergency);
        // A copy, because the buffer is large and messages live long.
        let bytes = Bytes::copy_from_slice(bytes);
        let datagram = Datagram {
            bytes,
            remote,
            at: now,
        };
        match class {
            Class::Urgent => self.urgent.push(datagram),
            Class::New if self.waiting.len() >= self.shared.limits.waiting_max => self.refuse(datagram),
            // Cancels come after what they cancel, and there are not more of them than of that: when there are,
            // it is a flood as well.
            Class::Cancel if self.waiting.len() >= 2 * self.shared.limits.waiting_max => {
                self.refuse(datagram)
            }
            Class::Cancel | Class::New => self.waiting.push_back((class, datagram)),
        }
    }

    fn handle_urgent(&mut self) {
        let mut urgent = std::mem::take(&mut self.urgent);
        for datagram in urgent.drain(..) {
            self.handle(datagram);
        }
        self.urgent = urgent;
    }

    fn handle_waiting(&mut self) {
        for _ in 0..SLICE {
            let Some((class, datagram)) = self.waiting.pop_front() else {
                return;
            };
            let late = class == Class::New && datagram.at.elapsed() > self.shared.limits.waited_max;
            if late {
                self.refuse(datagram);
            } else {
                self.handle(datagram);
            }
        }
    }

    fn handle(&self, datagram: Datagram) {
        let from = Hop::to(self.listener, Transport::Udp, datagram.remote);
        self.entry.received(&self.shared, from, &datagram.bytes);
    }

    fn refuse(&self, datagram: Datagram) {
        let from = Hop::to(self.listener, Transport::Udp, datagram.remote);
        self.entry.overloaded(&self.shared, from, &datagram.bytes);
    }
}
