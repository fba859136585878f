import type { DeviceOrigin } from '../model/device.ts';
import type { Seen } from '../model/life.ts';
import { isOneOf } from './is-one-of.ts';
import { kept } from './kept.ts';
import { LANG, WORDS } from './words.ts';

const dayFormat = kept(() => new Intl.DateTimeFormat(LANG, { dateStyle: 'medium', timeZone: 'UTC' }));
const secondFormat = kept(
  () =>
    new Intl.DateTimeFormat(LANG, {
      ...{ dateStyle: 'medium', timeStyle: 'medium' },
      ...{ hourCycle: 'h23', timeZone: 'UTC' },
    }),
);

const regions = kept(() => new Intl.DisplayNames(LANG, { type: 'region' }));

/** A day as a person reads it. Times here are UTC: nobody tells a server where he is. */
export const day = (at: number): string => dayFormat().format(at);

/** A moment to the second, for what matters to the second. */
export const second = (at: number): string => `${secondFormat().format(at)} UTC`;

/** City and country, as far as they are known. Cloudflare's `XX` is nowhere, and its `T1` is Tor. */
export const placeOf = ({ city, country }: Pick<DeviceOrigin, 'city' | 'country'>): string | null => {
  const named = country === 'T1' ? 'Tor' : regionOf(country);
  const parts = [city, named].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
};

/** From where and by what a key was last used: "Germany · curl". */
export const seenFrom = (seen: Seen | null): string => {
  const { clients } = WORDS.use;
  const client = seen?.client ?? null;
  const named = client !== null && isOneOf(clients, client) ? clients[client] : client;
  const place = seen === null ? null : placeOf({ city: null, country: seen.country });
  return [place, named].filter((part) => part !== null).join(' · ');
};

const regionOf = (country: string | null): string | null =>
  country !== null && /^[A-Z]{2}$/.test(country) && country !== 'XX' ? (regions().of(country) ?? null) : null;
