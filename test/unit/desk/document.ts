import { openApiOf } from '../../../src/desk/openapi/index.ts';
import { deskOperations } from '../../../src/desk/operations.ts';
import type { DeskPorts } from '../../../src/desk/ports.ts';

/** Operations that are described and not served: nothing of the world is asked for that. */
export const OPERATIONS = deskOperations({ maxAuthAgeSeconds: 60 } as DeskPorts);

export const DOCUMENT = openApiOf(OPERATIONS, { deskUrl: 'https://keys.acme.com', version: '1.2.3' });
