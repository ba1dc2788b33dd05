/** Connections that begin with a TLS handshake: which name the client asks for decides where they lead. */
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { SecureSocket } from '../../net/secure-socket.ts';
import type { KubeconfigDoor } from '../kubeconfig-door.ts';
import { kubeconfigServerName } from '../kubeconfig-door.ts';
import type { GatewayTls } from './gateway-tls.ts';

export interface TlsEntranceOptions {
  /** The gateway's own TLS; absent: only clients of the kubeconfig come by TLS. */
  gateway: GatewayTls | undefined;
  /** The clients of the kubeconfig that the gateway wrote. */
  door: KubeconfigDoor | undefined;
}

const handshakeMs = 10_000;

export class TlsEntrance {
  readonly #options: TlsEntranceOptions;
  readonly #shaking = new Set<SecureSocket>();

  constructor(options: TlsEntranceOptions) {
    this.#options = options;
  }

  /** `first` was read already. `onSecure` gets what is for the gateway itself. */
  accept(socket: Socket, first: Buffer, onSecure: (secure: Socket) => void): void {
    const usual = this.#context(undefined);
    if (usual === undefined) {
      socket.destroy();
      return;
    }
    socket.pause();
    socket.unshift(first);
    const secure = new SecureSocket(socket, {
      secureContext: usual,
      SNICallback: (name, callback) => callback(null, this.#context(name)),
      ALPNProtocols: ['http/1.1'],
    });
    secure.allowHalfOpen = true;
    this.#shaking.add(secure);
    const timer = setTimeout(() => secure.destroy(), handshakeMs);
    secure.on('error', () => secure.destroy());
    secure.once('close', () => {
      clearTimeout(timer);
      this.#shaking.delete(secure);
    });
    secure.once('secure', () => {
      clearTimeout(timer);
      this.#shaking.delete(secure);
      if (this.#isForDoor(secure.servername || undefined)) this.#options.door?.serve(secure);
      else onSecure(secure);
    });
  }

  /** Ends those whose handshake is under way. */
  close(): void {
    for (const socket of this.#shaking) socket.destroy();
  }

  #isForDoor(name: string | undefined): boolean {
    return this.#options.gateway === undefined || name === kubeconfigServerName;
  }

  #context(name: string | undefined): SecureContext | undefined {
    const { gateway, door } = this.#options;
    return this.#isForDoor(name) && door !== undefined ? door.secureContext : gateway?.context(name);
  }
}
