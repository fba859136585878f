import type { ImportRequest } from '../model/life.ts';
import type { KeyRecord } from '../model/ports.ts';
import { err, type Result } from '../model/refusal.ts';
import type { RingParts } from './parts.ts';

export const importClient = async (_parts: RingParts, _request: ImportRequest): Promise<Result<KeyRecord>> =>
  err({ reason: 'internal' });
