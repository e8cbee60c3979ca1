/**
 * Milliseconds in which a service that was told to stop still accepts requests, where others reach it and the config does not
 * say. Load balancers look every few seconds. ECS itself waits until the load balancer has let go of a task before it sends SIGTERM
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html), others do both at once.
 */
export const SHUTDOWN_DELAY_MS = 5_000;
