import type { Entrance } from '../entrance.ts';
import type { PortalPorts } from '../ports.ts';
import type { Press } from '../press.tsx';

/** What the pages of a place are made with. */
export interface VisitParts {
  readonly ports: PortalPorts;
  readonly press: Press;
  readonly entrance: Entrance;
}
