// @ts-check
/** How usual clients are told of a local port. */

/** By the port's name, or the number that such servers have. @type {readonly { names: RegExp, port: number, line: (port: number) => string }[]} */
const clients = [
  { names: /^(postgres|pgsql|postgresql)/, port: 5432, line: (port) => `psql -h localhost -p ${port}` },
  { names: /^(mysql|mariadb)/, port: 3306, line: (port) => `mysql -h 127.0.0.1 -P ${port}` },
  { names: /^redis/, port: 6379, line: (port) => `redis-cli -p ${port}` },
  { names: /^mongo/, port: 27017, line: (port) => `mongosh --port ${port}` },
  { names: /^ssh/, port: 22, line: (port) => `ssh -p ${port} localhost` },
];

/** @param {{ name: string, port: number }} service @param {number} local */
export function clientLine({ name, port }, local) {
  const named = clients.find(({ names }) => names.test(name)) ?? clients.find((client) => client.port === port);
  return named?.line(local) ?? `nc localhost ${local}`;
}
