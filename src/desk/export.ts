import { raw } from '../http/answer.ts';
import { utf8 } from '../model/bytes.ts';
import type { ExportLine, ExportPage } from '../model/life.ts';
import { ok, type Result } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import type { Door } from './doors.ts';
import { operation } from './operation.ts';
import type { DeskPorts } from './ports.ts';

/** All that is kept of an owner, line by line. */
export const exportOperation = <P extends string>(
  ports: DeskPorts,
  path: P,
  common: { readonly tag: string; readonly door: Door<Subject> },
) =>
  operation({
    ...{ method: 'GET', path, ...common, operationId: 'exportUser' },
    summary: 'Exports all that is kept of an owner',
    description:
      'NDJSON: a line of `type` `owner`, then `key`, `usage`, `audit_anchor` and `audit`, and `end` last. Without `end` it is not whole.',
    answers: { 200: { description: 'One object in each line', contentType: NDJSON } },
    refusals: ['not_found'],
    handle: async ({ who: { owner, author }, call }) => {
      const ring = await ports.ringOf(owner);
      const page = (after: string | null) => ring.exportPage(owner, after, author);
      // What cannot be had at all is refused; what cannot be had to its end breaks off.
      const first = await page(null);
      if (!first.ok) return first;
      const breaksOff = () =>
        ports.log({ event: 'export', request_id: call.requestId, outcome: 'broke off' });
      return ok(raw(pages(first.value, page, breaksOff), NDJSON, call.requestId));
    },
  });

const NDJSON = 'application/x-ndjson';

/** A page is asked for when the one before is on its way: as fast as it is read, and no faster. */
const pages = (
  first: ExportPage,
  page: (after: string) => Promise<Result<ExportPage>>,
  breaksOff: () => void,
): ReadableStream<Uint8Array> => {
  let present = first;
  let isFirst = true;
  return new ReadableStream({
    pull: async (controller) => {
      if (!isFirst) {
        if (present.next === null) return controller.close();
        const following = await page(present.next);
        if (!following.ok) {
          breaksOff();
          return controller.error(new Error('the export broke off'));
        }
        present = following.value;
      }
      isFirst = false;
      controller.enqueue(written(present.lines));
    },
  });
};

const written = (lines: readonly ExportLine[]): Uint8Array =>
  utf8(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
