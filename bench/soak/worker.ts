import { entryOf } from '../../src/entry.ts';
import settings from './settings.ts';

/** The Worker as `src/worker.ts` makes it, under the settings of the soak. */
const { KeyRing, Lobby, door } = entryOf(settings);

export { KeyRing, Lobby };
export default door;
