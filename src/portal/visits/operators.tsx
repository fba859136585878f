import { err, ok } from '../../model/refusal.ts';
import type { Entered } from '../entrance.ts';
import type { Form } from '../forms.ts';
import { FindPage, type Outcome } from '../pages/find.tsx';
import { ownerPathsAt, withQuery } from '../paths.ts';
import type { Serve } from '../ports.ts';
import type { VisitParts } from './parts.ts';

/** Where operators find whom they look for. */
export const createFindVisits = ({ ports, press }: VisitParts) => {
  const page = (entered: Entered, outcome: Outcome | null) => {
    const { frame } = entered;
    return <FindPage {...{ frame, outcome }} />;
  };

  const ask = async (entered: Entered): ReturnType<Serve> =>
    ok(await press.page(page(entered, null), entered.visit));

  /** What was typed may be a secret: it is in the form's body, and goes into no address and no page. */
  const find = async (entered: Entered, form: Form): ReturnType<Serve> => {
    const sought = await ports.owners.find(form.get('sought') ?? '');
    if (!sought.ok) return sought;
    const { value } = sought;
    const { visit } = entered;
    if (value.kind === 'owner') return ok(press.goTo(ownerPathsAt(value.owner.id).home, visit));
    if (value.kind === 'key' && value.owner !== null) {
      const query = { key: value.keyId, whole: value.isWhole ? '1' : null };
      return ok(press.goTo(withQuery(ownerPathsAt(value.owner.id).home, query), visit));
    }
    if (value.kind === 'email') {
      const [only, ...more] = value.found;
      if (only !== undefined && more.length === 0)
        return ok(press.goTo(ownerPathsAt(only.owner.id).home, visit));
      if (only !== undefined) return ok(await press.page(page(entered, value), visit));
    }
    return ok(await press.page(page(entered, value), visit, { reason: 'not_found' }));
  };

  /** An address under which there is nothing, for whoever may look. */
  const nowhere = async (): ReturnType<Serve> => err({ reason: 'not_found' });

  return { ask, find, nowhere };
};
