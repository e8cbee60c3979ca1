/** A load balancer's own default is 60 s. A question to a slow model, or a stream of events that stalls, should not meet it. */
const LEAST_SECONDS = 300;
const MARGIN_SECONDS = 10;

/**
 * Seconds after which a load balancer in front may close a connection on which nothing is sent: at least 300, and more than an answer may
 * take that comes in one piece.
 * @param deadlineMs what one request may take
 */
export function idleTimeoutSeconds(deadlineMs: number): number {
  return Math.max(LEAST_SECONDS, Math.ceil(deadlineMs / 1_000) + MARGIN_SECONDS);
}

/**
 * Milliseconds for which the service holds a connection on which nothing is asked: longer than the load balancer does, which otherwise may
 * send a request into a connection that the service is closing, and answer 502.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues
 * @param deadlineMs what one request may take
 */
export function keepAliveMs(deadlineMs: number): number {
  return (idleTimeoutSeconds(deadlineMs) + MARGIN_SECONDS) * 1_000;
}
