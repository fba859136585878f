import type { Variant } from '../variant.ts';
import { coldKey, coldKeyExchange } from './cold.ts';
import { contract, hono, pass, proxy } from './pass.ts';
import { PEERS } from './peers.ts';
import { expiredJwt, expiredKey, madeUpKeys, wrongScope } from './refused.ts';
import {
  anonymous,
  leaseZero,
  requestAssertion,
  warmApiKey,
  warmBasic,
  warmM2MJwt,
  warmSessionJwt,
} from './warm.ts';

/** All that can be measured, in the order of a round. The first is what the others are compared with. */
export const VARIANTS: readonly Variant[] = [
  ...[pass, proxy, hono, contract],
  ...[anonymous, warmApiKey, warmBasic, warmM2MJwt, warmSessionJwt],
  ...[leaseZero, requestAssertion, coldKey, coldKeyExchange],
  ...[madeUpKeys, expiredJwt, expiredKey, wrongScope],
  ...PEERS,
];
