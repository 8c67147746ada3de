import type { Cinchy } from './index.mjs';

export interface Who {
  client: string;
  user: string;
  scopes?: string[] | string;
  lifetime?: number | string;
}

export declare function storageEntries(cinchy: Cinchy, who: Who): Promise<Record<string, string>>;
export declare function storageState(
  cinchy: Cinchy,
  who: Who & { origin: string },
): Promise<{
  cookies: never[];
  origins: { origin: string; localStorage: { name: string; value: string }[] }[];
}>;
export declare function signIn(
  context: { addInitScript(script: any, argument?: any): Promise<unknown> },
  cinchy: Cinchy,
  who: Who & { origin?: string },
): Promise<void>;
