"use client";

export { ErrorPage as default } from "@/app/_components/error-page";
