import { ok, type Result } from '../model/refusal.ts';
import { invalid } from './body.ts';
import { type CursorBinding, readCursor, writeCursor } from './cursor.ts';
import type { DeskPorts } from './ports.ts';

type Ports = Pick<DeskPorts, 'keychain'>;

/** Where a page begins, by the cursor in a query; null for the first. A cursor that is not of this list is none. */
export const pageBegins = async <P>(
  ports: Ports,
  binding: CursorBinding,
  cursor: string | undefined,
  read: (position: string) => P | null,
): Promise<Result<P | null>> => {
  if (cursor === undefined) return ok(null);
  const { all } = await ports.keychain();
  const text = await readCursor(
    all.map(({ cursorKey }) => cursorKey),
    binding,
    cursor,
  );
  const position = text === null ? null : read(text);
  return position === null ? invalid([{ pointer: '/cursor', detail: 'is no cursor of ours' }]) : ok(position);
};

/** The cursor of the page that begins at a position; null after the last. */
export const nextCursor = async (
  ports: Ports,
  binding: CursorBinding,
  position: string | null,
): Promise<string | null> => {
  if (position === null) return null;
  const { current } = await ports.keychain();
  return writeCursor(current.cursorKey, binding, position);
};
