import type { Emulator, StartOptions } from './index.mjs';
export declare function useCinchy(options?: StartOptions): { readonly cinchy: Emulator };
