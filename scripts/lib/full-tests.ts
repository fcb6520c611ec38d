/** Whether this is `npm run test:full`, which tests every row of every table. */
export const isFull = process.env.FULL_TESTS === "1";
