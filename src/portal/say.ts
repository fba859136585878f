import type { DeviceOrigin } from '../model/device.ts';

/** A day as a person reads it. */
export const day = (at: number): string =>
  new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(at);

/** City and country, as far as they are known. Cloudflare's `XX` is nowhere, and its `T1` is Tor. */
export const placeOf = ({ city, country }: Pick<DeviceOrigin, 'city' | 'country'>): string | null => {
  const named = country === 'T1' ? 'Tor' : regionOf(country);
  const parts = [city, named].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
};

const regionOf = (country: string | null): string | null =>
  country !== null && /^[A-Z]{2}$/.test(country) && country !== 'XX'
    ? (new Intl.DisplayNames('en', { type: 'region' }).of(country) ?? null)
    : null;
