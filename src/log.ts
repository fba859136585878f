import { type DataPoint, dataPointOf } from './model/data-point.ts';
import type { Log } from './model/ports.ts';

/** A binding to Analytics Engine. It takes a point and says nothing: what becomes of it is its own business. */
export interface Dataset {
  writeDataPoint(point: DataPoint): void;
}

/**
 * Writes one line of JSON. It takes text, numbers and booleans only, so that nothing can be printed by
 * accident: a credential travels as a `Secret`, which is none of these.
 */
export const log: Log = (line, isKept = true) => {
  if (isKept) console.log(JSON.stringify(line));
};

/** The same where lines are counted too: each is a point of `dataset`, whether or not it is written. */
export const countedLog =
  (dataset: Dataset, versionId: string): Log =>
  (line, isKept) => {
    try {
      dataset.writeDataPoint(dataPointOf(line, versionId));
    } catch {
      // Whatever it throws, it is not told in the log: that would be a line for each request.
    }
    log(line, isKept);
  };
