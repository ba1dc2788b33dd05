/** The one way out over HTTP/1.1, used by the gateway, the API server's proxy verb and the client library. */
import type { Duplex, Readable } from 'node:stream';
import type { UpstreamProxy } from '../proxy/upstream-proxy.ts';
import type { Guard } from './retry.ts';

/** Where to connect and whom to trust. Connections are shared only between requests whose endpoint is the same. */
export interface UpstreamEndpoint {
  host: string;
  port: number;
  tls?: {
    /** PEM; the system's roots when absent. */
    ca?: string;
    serverName?: string;
    cert?: string;
    key?: string;
    insecureSkipVerify?: boolean;
  };
  /**
   * Path of a unix socket that leads to the same in clear text: it is taken where it is there and this user's own, else host and port
   * with TLS.
   */
  unixSocket?: string;
  /** Connections lead through it. */
  proxy?: UpstreamProxy;
  /** Dials instead of TCP to host:port (a stream through a port-forward); `key` keeps pools apart. */
  dial?: { key: string; open(signal: AbortSignal): Promise<Duplex> };
}

/** Header lines in order, as received or to be sent; names keep their case. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

export interface UpstreamRequest {
  method: string;
  /** Origin form: path and query. */
  target: string;
  headers: HeaderLines;
  /** Absent: no body. Bytes are sent with Content-Length, streams chunked unless the headers give a length. */
  body?: Uint8Array | Readable;
  /** Default `none`. */
  guard?: Guard;
  signal: AbortSignal;
}

export interface UpstreamResponse {
  status: number;
  statusText: string;
  headers: HeaderLines;
  /** Fails with an error when the response is cut off. Destroying it closes the connection. */
  body: Readable;
  /** The answer came instead of 100 Continue: nothing of the request's body was sent. */
  bodyWithheld?: boolean;
}

/** The answer to a request for an upgrade: the raw stream (paused) only after a valid 101, else an ordinary response. */
export type UpgradeResult =
  | { upgraded: true; status: 101; headers: HeaderLines; stream: Duplex }
  | ({ upgraded: false } & UpstreamResponse);

export interface UpstreamPool extends AsyncDisposable {
  request(endpoint: UpstreamEndpoint, request: UpstreamRequest): Promise<UpstreamResponse>;
  upgrade(endpoint: UpstreamEndpoint, request: UpstreamRequest): Promise<UpgradeResult>;
}

/**
 * Why an exchange failed: `sent` tells whether any byte of the request (of its body, where that was withheld) may have reached
 * the server.
 */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly sent: boolean;
  /** Set where no connection came about: `refused`, or `silent` when nothing answered in time. */
  readonly connect: 'refused' | 'silent' | undefined;
  constructor(message: string, options: { sent: boolean; connect?: 'refused' | 'silent'; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.sent = options.sent;
    this.connect = options.connect;
  }
}
