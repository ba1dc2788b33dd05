/**
 * The image `fairlead.local/echo`: HTTP, WebSocket and plain TCP on one port, UDP on the same number, HTTPS on another.
 * Listens on POD_IP (or everywhere). Arguments `--port N`, `--tls-port N` choose other ports than 8080 and 8443.
 */
import { createSocket } from 'node:dgram';
import type { Server as HttpServer } from 'node:http';
import { flushCompileCache } from 'node:module';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { echoServer } from './http.ts';
import { echoPorts } from './ports.ts';

const ports = portsOrEnd();
const pod = process.env.HOSTNAME ?? hostname();
const host = process.env.POD_IP ?? '0.0.0.0';
const http = echoServer(pod);
let secureContext: Promise<import('node:tls').SecureContext> | undefined;

const plain = createServer({ allowHalfOpen: true }, (socket) => route(socket, http));
const tls = createServer((socket) => {
  socket.on('error', () => {});
  socket.pause();
  startTls(socket).catch((error: Error) => {
    console.error(`https: ${error.message}`);
    socket.destroy();
  });
});
const udp = createSocket('udp4');
udp.on('message', (message, from) => udp.send(message, from.port, from.address));

for (const [server, port] of [
  [plain, ports.plain],
  [tls, ports.tls],
] as const) {
  server.on('error', fail);
  server.listen(port, host, () => console.log(`listening on ${host}:${port}/tcp`));
}
udp.on('error', fail);
udp.bind(ports.plain, host, () => {
  console.log(`listening on ${host}:${ports.plain}/udp`);
  // The next one to start finds itself compiled.
  setTimeout(flushCompileCache, 1000).unref();
});
process.once('SIGTERM', () => process.exit(0));
process.once('SIGINT', () => process.exit(0));

function portsOrEnd(): ReturnType<typeof echoPorts> {
  try {
    return echoPorts(process.argv.slice(2));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`echo: ${why}. Its arguments are --port N and --tls-port N.`);
    process.exit(1);
  }
}

function fail(error: Error): never {
  console.error(error.message);
  process.exit(1);
}

/** What begins like an HTTP request is one; anything else is sent back as it comes. */
function route(socket: Socket, server: HttpServer): void {
  socket.on('error', () => {});
  let seen = '';
  let timer: NodeJS.Timeout | undefined;
  const received: Buffer[] = [];
  const decide = (isHttp: boolean) => {
    clearTimeout(timer);
    socket.off('data', onData);
    socket.pause();
    socket.unshift(Buffer.concat(received));
    if (isHttp) {
      server.emit('connection', socket);
      socket.resume();
    } else {
      socket.pipe(socket);
    }
  };
  const onData = (chunk: Buffer) => {
    received.push(chunk);
    seen += chunk.toString('latin1', 0, 32);
    if (/^[A-Z-]{3,20} [/*h]/.test(seen)) decide(true);
    else if (!/^[A-Z-]{0,20} ?$/.test(seen)) decide(false);
    // So far it could be a method: a client that waits for its echo now must not wait for ever.
    else timer ??= setTimeout(() => decide(false), 300);
  };
  socket.on('data', onData);
}

/** The TLS library is loaded and the certificate made when the first client comes. */
async function startTls(socket: Socket): Promise<void> {
  secureContext ??= makeSecureContext();
  const { TLSSocket } = await import('node:tls');
  const secure = new TLSSocket(socket, { isServer: true, secureContext: await secureContext });
  secure.on('error', () => socket.destroy());
  http.emit('connection', secure);
}

async function makeSecureContext(): Promise<import('node:tls').SecureContext> {
  const [{ createSecureContext }, { selfSignedCertificate }] = await Promise.all([
    import('node:tls'),
    import('./certificate.ts'),
  ]);
  return createSecureContext(selfSignedCertificate(pod));
}
