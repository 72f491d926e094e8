/** How a helper calls the source of a station whose first node hands out `job`. */
export const feedPath = (job: string): string => `carousel:${job}`;
