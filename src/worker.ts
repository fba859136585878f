import settings from '../latchkey.config.ts';
import { entryOf } from './entry.ts';

const { KeyRing, Lobby, door } = entryOf(settings);

export { KeyRing, Lobby };
export default door;
