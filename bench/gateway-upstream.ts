/** The upstream of the gateway's bench: HTTPS that answers every request with 1 KiB. Argument: a file with `cert` and `key`. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';

const [file = ''] = process.argv.slice(2);
const { cert, key }: { cert: string; key: string } = JSON.parse(await readFile(file, 'utf8'));
const body = Buffer.alloc(1024, 'x');
const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
const server = createServer({ cert, key, keepAliveTimeout: 60_000 }, (_request, response) => {
  response.writeHead(200, headers).end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') console.log(`serving on 127.0.0.1:${address.port}`);
});
process.once('SIGTERM', () => process.exit(0));
