import type { Variant } from '../variant.ts';
import { coldKey } from './cold.ts';
import { contract, pass, proxy } from './pass.ts';
import { PEERS } from './peers.ts';
import { anonymous, warmApiKey, warmBasic, warmM2MJwt, warmSessionJwt } from './warm.ts';

/** All that can be measured, in the order of a round. The first is what the others are compared with. */
export const VARIANTS: readonly Variant[] = [
  ...[pass, proxy, contract],
  ...[anonymous, warmApiKey, warmBasic, warmM2MJwt, warmSessionJwt],
  coldKey,
  ...PEERS,
];
