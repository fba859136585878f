import { WEBHOOKS } from '../faults/cases/webhooks.ts';
import { faulty } from '../faults/faulty.ts';

faulty('webhooks', WEBHOOKS);
