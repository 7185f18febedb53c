FROM example-base
WORKDIR /srv/app
# Everything at once: any change of any file is a change of what the install step sees.
COPY . .
RUN sh install.sh
CMD ["node", "src/server.js"]
