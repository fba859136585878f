/** Where requests go, as the operator writes it: exactly one of the three. */
export interface PlaceSettings {
  /** `https://host`, without a path. `http:` on this machine, with a test project. */
  readonly url?: string | undefined;
  /** Another Worker, by the name of its service binding. */
  readonly binding?: string | undefined;
  /** The origin of the Cloudflare zone whose route this Worker is on. */
  readonly zone?: true | undefined;
}

/** Where requests go. */
export type Place =
  /** Scheme, host and port, without a slash at its end: what a canonical path is put behind. */
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'binding'; readonly binding: string }
  | { readonly kind: 'zone' };

/** The one place that settings name; null where they name none, or more than one. */
export const placeOf = ({ url, binding, zone }: PlaceSettings): Place | null => {
  const places: readonly Place[] = [
    ...(url === undefined
      ? []
      : [{ kind: 'url', url: URL.canParse(url) ? new URL(url).origin : url } as const]),
    ...(binding === undefined ? [] : [{ kind: 'binding', binding } as const]),
    ...(zone === undefined ? [] : [{ kind: 'zone' } as const]),
  ];
  return places.length === 1 ? (places[0] ?? null) : null;
};
