import { startGateway } from '../../gateway/start.ts';
import { shellWords } from '../../lib/shell-words.ts';
import { uiHandler } from '../../ui/server.ts';
import { checkServer } from '../check-server.ts';
import { defineCommand } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { accessChoice, accessFlags } from '../proxy/access-flags.ts';
import { apiRuleFlags, apiRules } from '../proxy/api-rules.ts';
import { leadFlags, leadOptions } from '../proxy/lead-flags.ts';
import { keepAliveTime, listenFlags, listenPlace, servingLine } from '../proxy/listen-flags.ts';
import { openContexts } from '../proxy/open-contexts.ts';
import { recordReach } from '../proxy/running-gateways.ts';
import { wasTold } from '../proxy/told-login.ts';

export const proxyCommand = defineCommand({
  usage: '',
  description:
    'Serves on localhost, with your rights: /api/… as kubectl proxy does, a page of all services at /, and every\n' +
    'service at http://SERVICE.NAMESPACE.localhost:PORT/ (in full: [PORT.]SERVICE.NAMESPACE.svc.localhost), through\n' +
    'port-forwards to ready pods that follow restarts. The same port is an HTTP and SOCKS 5 proxy to names of the cluster\n' +
    '(SERVICE.NAMESPACE.svc) and to nothing else. All flags of kubectl proxy are here; patterns are in the syntax of Go.\n' +
    'Ctrl-C or SIGTERM ends it once what is under way is done, with exit code 0; a second one ends it at once.',
  examples: [
    { does: 'The page of the current context', line: 'fairlead proxy' },
    { does: 'Another context, on any free port', line: 'fairlead proxy --context staging --port 0' },
    { does: 'Two clusters at once', line: 'fairlead proxy --context staging --context production' },
    { does: 'A database on a port of its own', line: 'fairlead proxy --forward shop/db:5432=15432' },
    {
      does: 'kubectl, Helm and operators through the gateway, which keeps the credentials',
      line: 'fairlead proxy --kubeconfig-out gateway.yaml',
    },
    { does: 'A service in curl', line: 'curl http://web.shop.localhost:8001/' },
    {
      does: 'Any TCP service, by the names that pods use: SOCKS 5 and HTTP proxies are at the same port',
      line: 'curl --proxy socks5h://localhost:8001 http://grafana.monitoring.svc/',
    },
    { does: 'Only look, do not touch', line: 'fairlead proxy --read-only' },
    { does: 'On a machine that others use too', line: 'fairlead proxy --auth' },
    {
      does: 'For others: TLS, a page to sign in, and names below a domain of yours',
      line: 'fairlead proxy --address 0.0.0.0 --password-file ~/.gateway-password --domain lead.example.com',
    },
    {
      does: 'Part of the API beside files of yours',
      line: 'fairlead proxy --www ./site --www-prefix / --api-prefix /api/',
    },
  ],
  flags: {
    ...leadFlags,
    ...listenFlags,
    ...apiRuleFlags,
    ...accessFlags,
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, globals, io, signal }) {
    const log = (line: string): void => void io.stderr.write(`${escapeControls(line)}\n`);
    const listen = listenPlace(flags, io.cwd);
    const keepAliveMs = keepAliveTime(flags);
    const rules = await apiRules(flags, { cwd: io.cwd, warn: log });
    const lead = leadOptions(flags, { cwd: io.cwd, listen });
    const choice = { contexts: flags.context, all: flags['all-contexts'] === true, globals };
    await using opened = await openContexts(choice, io);
    const [first] = opened.contexts;
    const serverPath = new URL(first.config.server).pathname;
    if (rules.appendServerPath === false && serverPath !== '/')
      log(`Requests go without the server path ${serverPath} (--append-server-path=false).`);
    const say = (line: string): void => void io.stdout.write(`${line}\n`);
    // Set when the gateway's address is known.
    let onLink = (_path: string): void => {};
    const access = await accessChoice(flags, {
      place: listen,
      cwd: io.cwd,
      env: io.env,
      onLink: (path) => onLink(path),
      say: log,
    });
    if (access.access !== undefined && access.ownUserOnly !== true && flags.forward.length > 0)
      log('The ports of --forward ask for no password: every program of this machine reaches what is behind them.');
    await using gateway = await startGateway({
      contexts: opened.contexts,
      unusable: opened.unusable,
      ...lead,
      listen,
      ...access,
      exposeWithoutPassword: flags['expose-without-password'] === true,
      rules,
      ...(keepAliveMs !== undefined && { keepAliveMs }),
      page: (sight) => uiHandler({ contexts: opened.contexts, unusable: opened.unusable, sight, signal }),
      signal,
      log,
    });
    // For other commands to find it by.
    await using _record = gateway.url === undefined ? undefined : await recordReach(io.env, { gateway: gateway.url });
    io.stdout.write(`${servingLine(listen, gateway.port)}\n`);
    if (gateway.url !== undefined) say(`Every service, one click away: ${gateway.url}`);
    if (access.access?.link !== undefined) {
      onLink = (path) => say(`To sign in one browser, once: ${new URL(path, gateway.url ?? 'http://localhost/')}`);
      access.access.link.renew();
    }
    if (flags['kubeconfig-out'] !== undefined)
      io.stdout.write(`For kubectl and others: export KUBECONFIG=${shellWords([flags['kubeconfig-out']])}\n`);
    for (const { to, port: at } of gateway.fixedPorts) io.stdout.write(`Forwarding localhost:${at} to ${to}\n`);
    // Any free port is found only by being told.
    if (lead.metricsAddress?.port === 0) say(`Metrics on port ${gateway.metricsPort}`);
    // What is wrong is said now, not at the first click; it may pass, so nothing ends for it.
    const checks = opened.contexts.map(({ name, config: { server }, client }) => {
      const about = opened.contexts.length === 1 ? '' : `context "${name}": `;
      return checkServer({ client, server, signal, about, warn: log, isTold: wasTold });
    });
    await Promise.all([gateway.closed, ...checks]);
    return 0;
  },
});
