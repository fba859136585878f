import { entryOf } from '../src/entry.ts';
import settings from './settings.ts';

/** The Worker as `src/worker.ts` makes it, under the settings of the tests. */
const { latchkey, KeyRing, Lobby, door } = entryOf(settings);

export { KeyRing, Lobby, latchkey };
export default door;
