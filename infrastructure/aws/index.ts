import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { readSettings } from "./config.ts";
import { Image } from "./image.ts";
import { findOwnership, Registry } from "./registry.ts";

const root = pulumi.getRootDirectory();
const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
const settings = readSettings(pulumi.runtime.allConfig());
const { name } = settings;

const provider = new aws.Provider("aws", {
  region: settings.region,
  defaultTags: { tags: { "pulumi:project": pulumi.getProject(), "pulumi:stack": pulumi.getStack() } },
});
const options = { providers: [provider] };

const ownership = await findOwnership(name, owner, { provider });
const registry = new Registry(name, { repositoryName: name, owner, ownership }, options);

export const repository = registry.repositoryUrl;
