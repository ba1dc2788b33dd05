import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserAddress, waysIn } from './browser/ways-in.js';

type View = Parameters<typeof waysIn>[0];
type Place = Parameters<typeof waysIn>[2];

const web = { name: 'http', port: 80, protocol: 'TCP', stem: 'web.shop' };
const db = { name: 'postgres', port: 5432, protocol: 'TCP' };
const view: View = {
  context: '',
  namespace: 'shop',
  name: 'web',
  type: 'ClusterIP',
  state: 'ready',
  ready: 1,
  total: 1,
  stem: 'web.shop',
  ports: [web, db],
  reachable: true,
};
const place: Place = {
  protocol: 'http:',
  hostname: 'localhost',
  port: '8001',
  suffix: '.localhost',
  namesResolve: true,
  flag: '--context dev',
  ports: { opened: [], mayOpen: true },
};
const texts = (port: View['ports'][number], at: Place = place, of: View = view) =>
  waysIn(of, port, at).map(({ title, text }) => `${title}: ${text}`);

test('a port for browsers has an address, and commands for everything else', () => {
  assert.deepEqual(texts(web), [
    'Browser: http://web.shop.localhost:8001/',
    'Local port: fairlead forward --context dev shop/web:80=8080',
    'curl, by SOCKS: curl --proxy socks5h://localhost:8001 http://web.shop.svc/',
    'kubectl: kubectl --context dev -n shop port-forward service/web 8080:80',
  ]);
});

test('a port for other tools has no address, and a line of the usual client once a local port leads there', () => {
  assert.deepEqual(texts(db), [
    'Local port: fairlead forward --context dev shop/web:5432=5432',
    'SOCKS: ncat --proxy localhost:8001 --proxy-type socks5 web.shop.svc 5432',
    'kubectl: kubectl --context dev -n shop port-forward service/web 5432',
  ]);
  const opened = [{ to: 'shop/web:5432', port: 40_001 }];
  const [local] = waysIn(view, db, { ...place, ports: { opened, mayOpen: true } });
  assert.deepEqual(local, { title: 'Local port', text: 'psql -h localhost -p 40001', closes: 40_001 });
});

test('another context has its alias in names and targets, but a gateway of its own needs none', () => {
  const other = { ...view, context: 'eu-1' };
  const port = { ...web, stem: 'web.shop.svc.eu-1' };
  const ways = waysIn(other, port, { ...place, flag: '' });
  assert.deepEqual(
    ways.map(({ text }) => text),
    [
      'http://web.shop.svc.eu-1.localhost:8001/',
      'fairlead forward shop/web:80=8080',
      'curl --proxy socks5h://localhost:8001 http://web.shop.svc.eu-1/',
      'kubectl -n shop port-forward service/web 8080:80',
    ],
  );
  assert.equal(ways[1]?.opens, 'eu-1/shop/web:80');
});

test('where names do not resolve a local port takes their place', () => {
  const unresolved = { ...place, namesResolve: false };
  assert.equal(browserAddress(view, web, unresolved), undefined);
  assert.match(texts(web, unresolved)[0] ?? '', /^By name: /);
  const opened = [{ to: 'shop/web:80', port: 40_002 }];
  const there = { ...unresolved, ports: { opened, mayOpen: true } };
  assert.equal(browserAddress(view, web, there), 'http://localhost:40002/');
});

test('behind TLS and a domain addresses are of that domain, and behind an address alone there are none', () => {
  const tls = { ...place, protocol: 'https:', hostname: 'lead.example.com', port: '8443', suffix: '.lead.example.com' };
  assert.equal(texts(web, tls)[0], 'Browser: https://web.shop.lead.example.com:8443/');
  assert.equal(texts(web, tls)[2], 'curl, by proxy: curl --proxy https://lead.example.com:8443 http://web.shop.svc/');
  assert.match(texts(web, { ...tls, hostname: '192.0.2.7', suffix: undefined })[0] ?? '', /^Local port/);
});

test('UDP has no way but to pods of this machine, and a context whose name cannot be typed has no commands', () => {
  const dns = { name: 'dns', port: 53, protocol: 'UDP' };
  assert.deepEqual(texts(dns), []);
  assert.deepEqual(texts({ ...dns, dial: '127.4.0.2 53' }), ['From this machine: nc -u 127.4.0.2 53']);
  const unnamed = texts(db, { ...place, flag: undefined, ports: { opened: [], mayOpen: false } });
  assert.deepEqual(unnamed, ['SOCKS: ncat --proxy localhost:8001 --proxy-type socks5 web.shop.svc 5432']);
  assert.deepEqual(texts(web, place, { ...view, reachable: false }), []);
});
