export interface Ready {
  url: string;
  ssoUrl: string;
  adminUrl: string;
  controlUrl: string | null;
  pid: number;
  clientId: string | null;
  clientSecret: string | null;
  username: string | null;
  password: string | null;
}

export type Defect =
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_audience'
  | 'wrong_issuer'
  | 'unknown_key'
  | 'bad_signature'
  | 'alg_none'
  | 'retired_key';

export type Preset =
  | 'expired-token-once'
  | '401-once'
  | '5xx-burst'
  | 'slow-token'
  | 'login-fails'
  | 'clock-skew';

export interface TokenOptions {
  scopes?: string[] | string;
  /** Seconds, or a duration such as `10m` or `PT1H`. */
  lifetime?: number | string;
  /** Further claims; `null` takes one out. */
  claims?: Record<string, unknown>;
  kind?: 'access' | 'id' | 'pat';
  defect?: Defect;
}

export interface Filter {
  method?: string;
  /** A glob: `/API/HR/*`. */
  path?: string;
  /** `404`, `4xx`, several with commas. */
  status?: string | number;
  user?: string;
  client?: string;
  /** `Domain/Name` */
  query?: string;
  since?: number;
  limit?: number;
}

export interface Entry {
  seq: number;
  at: string;
  method: string;
  path: string;
  /** `null` when a fault took the connection first. */
  status: number | null;
  durationMs: number;
  user: string | null;
  client: string | null;
  grant: string | null;
  query: string | null;
  rows: number | null;
  fault: string | null;
  reason: string | null;
  requestId: string;
  request: {
    headers: Record<string, string>;
    parameters: Record<string, string | string[]>;
    body?: unknown;
    bytes?: number;
  };
  response: { headers: Record<string, string>; body?: string; bytes?: number };
}

export interface FaultState {
  name: string;
  match: Record<string, string>;
  times: number | null;
  every: number | null;
  skip: number;
  effect: Record<string, unknown>;
  /** `null` without end. */
  remaining: number | null;
  matched: number;
  applied: number;
}

export interface Check {
  check: string;
  outcome: 'allow' | 'deny';
  because: string;
  mend: string | null;
}

export declare class CinchyError extends Error {
  status: number;
  body: unknown;
}

export declare class Cinchy {
  readonly url: string;
  readonly ready: Partial<Ready>;
  readonly clock: Clock;
  static connect(url: string, options?: { controlToken?: string }): Cinchy;
  control(method: string, path: string, body?: unknown, options?: { accept?: number[] }): Promise<any>;
  info(): Promise<any>;
  reset(): Promise<void>;
  seed(seed: string | object, options?: { mode?: 'merge' | 'replace' }): Promise<unknown>;
  token(client: string, user?: string, options?: TokenOptions): Promise<string>;
  fetch(path: string, options?: RequestInit & { token?: string }): Promise<Response>;
  fault(name: Preset | (string & {})): Fault;
  faults(): Promise<FaultState[]>;
  clearFaults(): Promise<void>;
  journal(filter?: Filter): Journal;
  snapshot(name: string): Promise<void>;
  restore(name: string): Promise<void>;
  diff(before: string, after?: string): Promise<any>;
  instance(name: string): Promise<Cinchy>;
  explain(question: {
    user?: string;
    token?: string;
    domain?: string;
    query?: string;
    cql?: string;
  }): Promise<{ allowed: boolean; checks: Check[] }>;
}

export interface StartOptions {
  seed?: string | string[];
  database?: string;
  args?: string[];
  env?: Record<string, string>;
  program?: string;
  /** Milliseconds. */
  timeout?: number;
}

export declare class Emulator extends Cinchy {
  static start(options?: StartOptions): Promise<Emulator>;
  stop(): Promise<void>;
}

export declare class Clock {
  advance(by: string | number): Promise<unknown>;
  freeze(at?: string | Date | true): Promise<unknown>;
  real(): Promise<unknown>;
  now(): Promise<Date>;
}

export declare class Fault {
  on(path: string): this;
  for(match: { method?: string; user?: string; client?: string; query?: string }): this;
  times(times: number): this;
  always(): this;
  every(nth: number): this;
  skip(count: number): this;
  status(status: number, body?: unknown, headers?: Record<string, string>): this;
  delay(duration: string): this;
  drop(at: 'before_headers' | 'after_headers' | 'mid_body'): this;
  throttle(rate: string): this;
  add(): Promise<FaultState>;
}

export declare class Journal {
  entries(): Promise<Entry[]>;
  clear(): Promise<void>;
  expect(count: number): { within(timeout: string): Promise<Entry[]> };
}

export interface Hooks {
  beforeAll(work: () => Promise<void>): void;
  afterEach(work: () => Promise<void>): void;
  afterAll(work: () => Promise<void> | undefined): void;
}

export declare function fixture(hooks: Hooks, options?: StartOptions): { readonly cinchy: Emulator };
