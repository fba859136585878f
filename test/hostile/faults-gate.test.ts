import { GATE } from '../faults/cases/gate.ts';
import { faulty } from '../faults/faulty.ts';

faulty('gate', GATE);
