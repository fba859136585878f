import type { ImportRequest, KeyRecord } from '../model/life.ts';
import { err, type Result } from '../model/refusal.ts';
import type { RingParts } from './parts.ts';

export const importClient = async (_parts: RingParts, _request: ImportRequest): Promise<Result<KeyRecord>> =>
  err({ reason: 'internal' });
