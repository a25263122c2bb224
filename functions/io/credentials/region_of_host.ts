/** Where the database is: an endpoint of RDS says so, of any other host it is taken to be near. */
export const regionOfHost = (host: string): string | null =>
  /\.([a-z]{2}(?:-[a-z]+)+-\d+)\.rds\.amazonaws\.com(?:\.cn)?$/.exec(host.toLowerCase())?.[1] ?? null;
