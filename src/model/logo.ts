/** An operator's picture, ready to be served. Width and height are in whatever unit: their relation is what counts. */
export interface Logo {
  readonly type: 'image/svg+xml' | 'image/png' | 'image/webp';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}
