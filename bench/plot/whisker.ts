/** Half the length of the strokes at its ends. */
const CAP = 4;

/** One end of a whisker, in pixels. */
type Point = readonly [x: number, y: number];

/** From the least to the greatest, as shapes of the library: a line with a stroke across each end. */
export const whisker = (least: Point, greatest: Point, colour: string) => {
  const lies = least[1] === greatest[1];
  const across = ([x, y]: Point) =>
    lies ? line([x, y - CAP], [x, y + CAP], colour) : line([x - CAP, y], [x + CAP, y], colour);
  return [line(least, greatest, colour), across(least), across(greatest)];
};

const line = ([x1, y1]: Point, [x2, y2]: Point, stroke: string) => ({
  type: 'line' as const,
  shape: { x1, y1, x2, y2 },
  style: { stroke, lineWidth: 1.5 },
});
