import type { Author } from '../model/author.ts';
import type { Owner } from '../model/identity.ts';
import type { ExportPage } from '../model/life.ts';
import type { RingParts } from './parts.ts';

export const exportPage = (
  _parts: RingParts,
  _owner: Owner,
  _after: string | null,
  _author: Author,
): ExportPage => ({ lines: [], next: null });
