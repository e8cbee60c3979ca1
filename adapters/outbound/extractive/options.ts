import { z } from "zod";

export const extractiveOptions = z.strictObject({});
