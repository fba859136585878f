import { PRAGMA } from '../../http/answer.ts';
import type { IssuedKey } from '../../model/life.ts';
import { ok } from '../../model/refusal.ts';
import { curlLine } from '../curl.ts';
import type { Entered } from '../entrance.ts';
import { type Shown, ShownAlreadyPage, ShownKeyPage } from '../pages/shown-key.tsx';
import type { Serve } from '../ports.ts';
import type { VisitParts } from './parts.ts';

/**
 * Shows a whole key in the answer to the form that made it, and in nothing else: there is no address under which it
 * could be seen again (MG-10).
 */
export const showKey = async (
  { ports, press }: Pick<VisitParts, 'ports' | 'press'>,
  { visit, paths, frame }: Entered,
  shown: Shown,
  { record, key }: IssuedKey,
): ReturnType<Serve> => {
  const page = { frame, shown, name: record.name, keyPath: paths.key(record.keyId) };
  return ok(
    await press.page(
      key === null ? (
        <ShownAlreadyPage {...page} />
      ) : (
        <ShownKeyPage
          {...page}
          secret={key}
          variable={ports.keyVariable}
          curl={curlLine(ports.deskUrl, key)}
        />
      ),
      visit,
      null,
      PRAGMA,
    ),
  );
};
