import { DurableObject } from 'cloudflare:workers';
import freeKv from './tutorial-free-kv.ts';
import { isWithin, windowNow } from './window.ts';

/**
 * A counter that forgets when the object is evicted, in memory as that of
 * https://developers.cloudflare.com/durable-objects/examples/build-a-rate-limiter/ is.
 */
export class RateLimiter extends DurableObject {
  private window = 0;
  private count = 0;
  private all = 0;

  take(): boolean {
    const window = windowNow();
    this.count = window === this.window ? this.count + 1 : 1;
    this.window = window;
    this.all++;
    return isWithin(this.count);
  }

  counted(): number {
    return this.all;
  }
}

export default freeKv;
