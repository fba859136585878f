import { ALARMS } from '../faults/cases/alarms.ts';
import { faulty } from '../faults/faulty.ts';

faulty('alarms', ALARMS);
