import { entryOf } from '../../src/entry.ts';
import settings from '../settings.ts';

/** The Worker for other proxies: they may ask, browsers of one origin may call, and one route has WebSockets. */
const { KeyRing, Lobby, door } = entryOf({
  ...settings,
  decision: {},
  cors: { origins: ['https://app.test'] },
  routes: [...settings.routes, { path: '/v1/socket/**', websocket: { origins: ['https://app.test'] } }],
});

export { KeyRing, Lobby };
export default door;
