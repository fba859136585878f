import { KEYS } from '../faults/cases/keys.ts';
import { faulty } from '../faults/faulty.ts';

faulty('keys', KEYS);
